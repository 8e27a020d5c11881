package billing

import (
	"encoding/json"
	"net/http"

	"github.com/stripe/stripe-go/v81"
)

// Connect handles events of connected accounts.
func Connect(w http.ResponseWriter, r *http.Request) {
	var event stripe.Event
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, "bad event", http.StatusBadRequest)
		return
	}
	switch event.Type {
	case "account.updated":
		refresh(event.Account)
	case "account.application.deauthorized":
		forget(event.Account)
	}
}
