CREATE TABLE trace_cut (
  number BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  cut_at TIMESTAMP WITH TIME ZONE NOT NULL,
  mac BYTEA NOT NULL,
  CONSTRAINT pk_trace_cut PRIMARY KEY (number)
);
