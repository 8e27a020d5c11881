package web

import "example.com/shop/billing"

type Deps struct {
	client *billing.Client
}
