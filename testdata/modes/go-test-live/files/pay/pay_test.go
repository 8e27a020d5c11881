package pay
import "testing"
func TestPay(t *testing.T) { stripe.Key = "{{sk_live}}" }
