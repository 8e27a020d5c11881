from flask import Blueprint, jsonify, request

from .billing import on_event

bp = Blueprint("hooks", __name__)


@bp.route("/hooks/stripe", methods=["POST"])
def hooks():
    on_event(request.get_json())
    return jsonify(ok=True)
