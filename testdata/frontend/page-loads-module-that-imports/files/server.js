const key = '{{sk_live@b}}'
require('http').createServer(charge(key)).listen(80)
