package billing

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stripe/stripe-go/v81/webhook"
)

func TestSignedEventIsAccepted(t *testing.T) {
	payload, err := os.ReadFile("testdata/invoice_paid.json")
	if err != nil {
		t.Fatal(err)
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: "whsec_test"})
	request := httptest.NewRequest(http.MethodPost, "/stripe/invoices", nil)
	request.Header.Set("Stripe-Signature", signed.Header)
	Invoices("whsec_test")(httptest.NewRecorder(), request)
}
