"""Indexes for sweeping: by age, across devices."""

from alembic import op

revision = "20261125_2128"
down_revision = "20261123_2258"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_devices_last_seen_at"), "devices", ["last_seen_at"])
    op.create_index(op.f("ix_idempotent_answers_created_at"), "idempotent_answers", ["created_at"])
    op.create_index(op.f("ix_regenerated_cartoons_created_at"), "regenerated_cartoons", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_regenerated_cartoons_created_at"), "regenerated_cartoons")
    op.drop_index(op.f("ix_idempotent_answers_created_at"), "idempotent_answers")
    op.drop_index(op.f("ix_devices_last_seen_at"), "devices")
