const key = '{{sk_test#2}}'
