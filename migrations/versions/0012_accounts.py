"""Medics and observers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLES = "role IN ('coordinator', 'guide', 'medic', 'observer')"
OLD_ROLES = "role IN ('coordinator', 'guide')"


def upgrade() -> None:
    _change_roles(ROLES)


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM appointment WHERE NOT ({OLD_ROLES})"))  # noqa: S608 - no value from outside
    _change_roles(OLD_ROLES)


def _change_roles(roles: str) -> None:
    with op.batch_alter_table("appointment") as appointment:
        appointment.drop_constraint(op.f("ck_appointment_role"), type_="check")
        appointment.create_check_constraint(op.f("ck_appointment_role"), roles)
