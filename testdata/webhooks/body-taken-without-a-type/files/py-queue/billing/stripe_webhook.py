@app.route('/stripe', methods=['POST'])
def hook():
    payload = request.get_json()
    queue.enqueue(process, payload['type'], payload['data']['object'])
    return ''
