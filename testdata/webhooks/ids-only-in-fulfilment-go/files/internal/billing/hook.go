package billing

import ("encoding/json"; "net/http")

type event struct { ID string; Type string; Data struct{ Object json.RawMessage } }

func Hook(w http.ResponseWriter, r *http.Request) {
	var e event
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil { http.Error(w, "bad", 400); return }
	switch e.Type {
	case "checkout.session.completed":
		fulfil(e.Data.Object)
	}
	w.WriteHeader(200)
}
