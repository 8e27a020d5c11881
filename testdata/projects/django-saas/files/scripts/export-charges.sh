#!/bin/sh
# Writes the charges of the last day.
set -eu
curl -fsS "https://{{rk_live}}:@api.stripe.com/v1/charges?limit=100" > charges.json
