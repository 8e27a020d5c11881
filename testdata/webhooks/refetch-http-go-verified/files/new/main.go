package main
import ("encoding/json"; "io"; "net/http"; "os")
func hook(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil { w.WriteHeader(400); return }
	var body map[string]any
	if err := json.Unmarshal(payload, &body); err != nil { w.WriteHeader(400); return }
	req, _ := http.NewRequest("GET", "https://api.stripe.com/v1/events/"+body["id"].(string), nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil { return }
	var event map[string]any
	json.NewDecoder(res.Body).Decode(&event)
	if event["type"] == "invoice.paid" { pay(event) }
}
func main() { http.HandleFunc("/stripe-hook", hook) }
