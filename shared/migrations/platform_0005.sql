CREATE TABLE trace (
  id UUID NOT NULL,
  tenant UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  actor_kind TEXT NOT NULL,
  actor UUID,
  roles TEXT[] NOT NULL,
  organisation UUID,
  case_id UUID,
  persons UUID[] NOT NULL,
  action TEXT NOT NULL,
  what TEXT[] NOT NULL,
  operation TEXT NOT NULL,
  request TEXT,
  purpose TEXT,
  opening_id UUID,
  CONSTRAINT pk_trace PRIMARY KEY (id),
  CONSTRAINT ck_trace_action CHECK (action IN ('read', 'changed'))
);
CREATE INDEX ix_trace_actor ON trace (tenant, actor, at, id);
CREATE INDEX ix_trace_case ON trace (tenant, case_id, at, id);
CREATE INDEX ix_trace_persons ON trace USING gin (persons);
CREATE TABLE trace_pending (
  entry_id UUID NOT NULL,
  tenant UUID NOT NULL,
  mac BYTEA NOT NULL,
  CONSTRAINT pk_trace_pending PRIMARY KEY (entry_id)
);
CREATE TABLE trace_seal (
  number BIGINT NOT NULL,
  sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  entries UUID[] NOT NULL,
  tenants UUID[] NOT NULL,
  macs BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  CONSTRAINT pk_trace_seal PRIMARY KEY (number)
);
CREATE TABLE case_opening (
  id UUID NOT NULL,
  tenant UUID NOT NULL,
  case_id UUID NOT NULL,
  opened_by UUID NOT NULL,
  until TIMESTAMP WITH TIME ZONE NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_case_opening PRIMARY KEY (id)
);
CREATE INDEX ix_case_opening_case ON case_opening (tenant, case_id, opened_by);
