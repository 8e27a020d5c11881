const secret = 'whsec_{{hex32}}'
