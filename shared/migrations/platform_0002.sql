CREATE TABLE rate_limit (
  key BYTEA NOT NULL,
  window_at TIMESTAMP WITH TIME ZONE NOT NULL,
  hits INTEGER NOT NULL,
  CONSTRAINT pk_rate_limit PRIMARY KEY (key)
);
CREATE INDEX ix_rate_limit_window_at ON rate_limit (window_at);
