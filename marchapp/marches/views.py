"""Pages of this feature."""

from flask import Blueprint

blueprint = Blueprint("marches", __name__)
