import os, stripe
from flask import Flask, jsonify
app = Flask(__name__)

@app.get('/config')
def config():
    return jsonify(key=os.environ['STRIPE_SECRET_KEY'])

@app.get('/plans')
def plans():
    stripe.api_key = os.environ['STRIPE_SECRET_KEY']
    return jsonify(stripe.Plan.list())
