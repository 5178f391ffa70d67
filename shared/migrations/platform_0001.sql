CREATE TABLE case_state (
  case_id UUID NOT NULL,
  tenant UUID NOT NULL,
  status TEXT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT pk_case_state PRIMARY KEY (case_id),
  CONSTRAINT ck_case_state_status CHECK (status IN ('open', 'paused', 'stopped', 'ended', 'erased'))
);
CREATE TABLE clock (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  subject UUID NOT NULL,
  stream UUID NOT NULL,
  tenant UUID NOT NULL,
  case_id UUID,
  owner TEXT NOT NULL,
  escalate_to TEXT,
  policy_version INTEGER NOT NULL,
  state TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  warn_at TIMESTAMP WITH TIME ZONE,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  warned_at TIMESTAMP WITH TIME ZONE,
  breached_at TIMESTAMP WITH TIME ZONE,
  paused_at TIMESTAMP WITH TIME ZONE,
  pause_reason TEXT,
  stopped_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_clock PRIMARY KEY (id),
  CONSTRAINT ck_clock_state CHECK (state IN ('running', 'paused', 'breached', 'stopped')),
  CONSTRAINT ck_clock_paused CHECK ((state = 'paused') = (paused_at IS NOT NULL))
);
CREATE INDEX ix_clock_case_id ON clock (case_id);
CREATE INDEX ix_clock_late ON clock (tenant, due_at) WHERE state IN ('running', 'breached');
CREATE UNIQUE INDEX uq_clock_live ON clock (kind, subject) WHERE state IN ('running', 'paused');
CREATE TABLE effect (
  key TEXT NOT NULL,
  result JSONB NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_effect PRIMARY KEY (key)
);
CREATE TABLE idempotency_key (
  tenant UUID NOT NULL,
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  request BYTEA NOT NULL,
  status SMALLINT,
  answer BYTEA,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency_key PRIMARY KEY (tenant, principal, key)
);
CREATE INDEX ix_idempotency_key_made_at ON idempotency_key (made_at);
CREATE TABLE inbox (
  consumer TEXT NOT NULL,
  event_id UUID NOT NULL,
  outcome TEXT NOT NULL,
  handled_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_inbox PRIMARY KEY (consumer, event_id)
);
CREATE INDEX ix_inbox_handled_at ON inbox (handled_at);
CREATE TABLE message (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  recipient UUID NOT NULL,
  role TEXT NOT NULL,
  tenant UUID NOT NULL,
  case_id UUID,
  stream UUID NOT NULL,
  parameters JSONB NOT NULL,
  state TEXT NOT NULL,
  even_if_stopped BOOLEAN DEFAULT false NOT NULL,
  queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  settled_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_message PRIMARY KEY (id),
  CONSTRAINT ck_message_state CHECK (state IN ('queued', 'sent', 'failed', 'cancelled'))
);
CREATE INDEX ix_message_case_id ON message (case_id);
CREATE INDEX ix_message_recipient ON message (recipient);
CREATE TABLE outbox (
  position BIGINT GENERATED ALWAYS AS IDENTITY,
  id UUID NOT NULL,
  stream UUID NOT NULL,
  sequence BIGINT NOT NULL,
  shard SMALLINT NOT NULL,
  exchange TEXT NOT NULL,
  type TEXT NOT NULL,
  time TIMESTAMP WITH TIME ZONE NOT NULL,
  tenant UUID,
  case_id UUID,
  causation_id UUID,
  traceparent TEXT,
  data JSONB NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  retry_at TIMESTAMP WITH TIME ZONE,
  published_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_outbox PRIMARY KEY (position),
  CONSTRAINT uq_outbox_id UNIQUE (id)
);
CREATE INDEX ix_outbox_case_id ON outbox (case_id, position);
CREATE INDEX ix_outbox_pending ON outbox (shard, position) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_type ON outbox (type, position);
CREATE TABLE stream (
  id UUID NOT NULL,
  last BIGINT NOT NULL,
  CONSTRAINT pk_stream PRIMARY KEY (id)
);
CREATE TABLE subject_key (
  subject UUID NOT NULL,
  key_id UUID NOT NULL,
  CONSTRAINT pk_subject_key PRIMARY KEY (subject)
);
