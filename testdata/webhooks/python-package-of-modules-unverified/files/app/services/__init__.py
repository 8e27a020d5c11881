from . import payments, other
