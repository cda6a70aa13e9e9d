"""Pages of this feature."""

from flask import Blueprint

blueprint = Blueprint("registration", __name__)
