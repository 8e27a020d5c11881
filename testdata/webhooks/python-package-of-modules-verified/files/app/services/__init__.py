from .other import other
