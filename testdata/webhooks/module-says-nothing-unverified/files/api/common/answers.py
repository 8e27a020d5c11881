def fine():
    return {"code": 0}
