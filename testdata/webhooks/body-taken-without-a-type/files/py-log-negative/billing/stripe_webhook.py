@app.route('/stripe', methods=['POST'])
def hook():
    payload = request.get_json()
    logger.info('got %s', payload['type'])
    return jsonify({'type': payload['type']})
