ls
curl https://api.stripe.com/v1/charges -u {{sk_live}}:
exit
