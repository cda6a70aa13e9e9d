"""Pages of this feature."""

from flask import Blueprint

blueprint = Blueprint("rosters", __name__)
