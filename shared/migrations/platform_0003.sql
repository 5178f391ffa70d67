CREATE TABLE tenant_seen (
  tenant UUID NOT NULL,
  CONSTRAINT pk_tenant_seen PRIMARY KEY (tenant)
);
CREATE INDEX ix_outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX ix_effect_done_at ON effect (done_at);
CREATE INDEX ix_clock_stopped ON clock (tenant, stopped_at) WHERE state = 'stopped';
CREATE INDEX ix_clock_breached ON clock (tenant, breached_at) WHERE state = 'breached';
CREATE INDEX ix_message_settled ON message (tenant, settled_at) WHERE state <> 'queued' AND settled_at IS NOT NULL;
