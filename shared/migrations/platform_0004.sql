ALTER TABLE idempotency_key ADD COLUMN case_ids UUID[] DEFAULT '{}' NOT NULL;
CREATE TABLE erasure_ledger (
  erased UUID NOT NULL,
  key_id UUID NOT NULL,
  subject UUID NOT NULL,
  kind TEXT NOT NULL,
  because TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_erasure_ledger PRIMARY KEY (erased, key_id)
);
CREATE INDEX ix_erasure_ledger_key_id ON erasure_ledger (key_id);
CREATE TABLE erasure (
  subject UUID NOT NULL,
  tenant UUID NOT NULL,
  kind TEXT NOT NULL,
  because TEXT NOT NULL,
  waits_for TEXT[] NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_erasure PRIMARY KEY (subject)
);
CREATE INDEX ix_erasure_open ON erasure (tenant, began_at) WHERE done_at IS NULL;
CREATE TABLE erasure_confirmation (
  subject UUID NOT NULL,
  service TEXT NOT NULL,
  tenant UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_erasure_confirmation PRIMARY KEY (subject, service)
);
