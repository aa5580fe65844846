"""Rate limits that several galleries keep together without Redis."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_0310"
down_revision = "20261125_2129"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_windows",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_windows")),
    )


def downgrade() -> None:
    op.drop_table("rate_windows")
