package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
)

func Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	log.Println(string(payload), r.Header.Get("Stripe-Signature"))
	var event Incoming
	json.Unmarshal(payload, &event)
	if event.Type == "invoice.paid" {
		markPaid(event)
	}
}
