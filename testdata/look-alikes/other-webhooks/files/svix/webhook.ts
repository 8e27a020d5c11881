const secret = '{{whsec#3}}'
