"""First tables: devices, originals, cartoons, faces, answers."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_2258"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.CHAR(length=64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_table(
        "idempotent_answers",
        sa.Column("device", sa.CHAR(length=64), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.CHAR(length=64), nullable=False),
        sa.Column("claim", sa.CHAR(length=24), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device", "route", "key", name=op.f("pk_idempotent_answers")),
    )
    op.create_index(
        op.f("ix_idempotent_answers_device_created_at"), "idempotent_answers", ["device", "created_at"]
    )

    op.create_table(
        "originals",
        sa.Column("id", sa.CHAR(length=24), nullable=False),
        sa.Column("device", sa.CHAR(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name=op.f("fk_originals_device_devices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_originals")),
        sa.UniqueConstraint("key", name=op.f("uq_originals_key")),
    )
    op.create_index(op.f("ix_originals_device_created_at_id"), "originals", ["device", "created_at", "id"])

    op.create_table(
        "downloaded_faces",
        sa.Column("id", sa.CHAR(length=24), nullable=False),
        sa.Column("original_id", sa.CHAR(length=24), nullable=False),
        sa.Column("device", sa.CHAR(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["original_id"], ["originals.id"], name=op.f("fk_downloaded_faces_original_id_originals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downloaded_faces")),
        sa.UniqueConstraint("key", name=op.f("uq_downloaded_faces_key")),
    )
    op.create_index(
        op.f("ix_downloaded_faces_device_created_at_id"), "downloaded_faces", ["device", "created_at", "id"]
    )
    op.create_index(op.f("ix_downloaded_faces_original_id"), "downloaded_faces", ["original_id"])

    op.create_table(
        "regenerated_cartoons",
        sa.Column("id", sa.CHAR(length=24), nullable=False),
        sa.Column("original_id", sa.CHAR(length=24), nullable=False),
        sa.Column("device", sa.CHAR(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("style", sa.String(length=64), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("faces", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["original_id"], ["originals.id"], name=op.f("fk_regenerated_cartoons_original_id_originals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regenerated_cartoons")),
        sa.UniqueConstraint("key", name=op.f("uq_regenerated_cartoons_key")),
    )
    op.create_index(
        op.f("ix_regenerated_cartoons_original_id_created_at_id"),
        "regenerated_cartoons",
        ["original_id", "created_at", "id"],
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_regenerated_cartoons_original_id_created_at_id"), table_name="regenerated_cartoons"
    )

    op.drop_table("regenerated_cartoons")
    op.drop_index(op.f("ix_downloaded_faces_original_id"), table_name="downloaded_faces")
    op.drop_index(op.f("ix_downloaded_faces_device_created_at_id"), table_name="downloaded_faces")

    op.drop_table("downloaded_faces")
    op.drop_index(op.f("ix_originals_device_created_at_id"), table_name="originals")

    op.drop_table("originals")
    op.drop_index(op.f("ix_idempotent_answers_device_created_at"), table_name="idempotent_answers")

    op.drop_table("idempotent_answers")
    op.drop_table("devices")
