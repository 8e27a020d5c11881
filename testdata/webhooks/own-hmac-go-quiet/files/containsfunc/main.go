package main
import ("bytes"; "crypto/hmac"; "crypto/sha256"; "crypto/subtle"; "encoding/hex"; "encoding/json"; "io"; "net/http"; "os"; "slices"; "strings"; "errors")
func genuine(payload []byte, header string) bool {
	parts := strings.Split(header, ",")
	t := strings.TrimPrefix(parts[0], "t=")
	sigs := parts[1:]
	mac := hmac.New(sha256.New, []byte(os.Getenv("STRIPE_WEBHOOK_SECRET")))
	mac.Write([]byte(t + "." + string(payload)))
	expected := hex.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(sigs, func(s string) bool { return hmac.Equal([]byte(s), []byte(expected)) })
}
func hook(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil { w.WriteHeader(400); return }
	if !genuine(payload, r.Header.Get("Stripe-Signature")) { w.WriteHeader(400); return }
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil { w.WriteHeader(400); return }
	if event["type"] == "invoice.paid" { pay(event) }
}
func main() { http.HandleFunc("/hook", hook) }
