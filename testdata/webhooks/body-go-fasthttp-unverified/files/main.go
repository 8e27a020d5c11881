package main
import "github.com/valyala/fasthttp"
func hook(ctx *fasthttp.RequestCtx) {
	var event map[string]interface{}
	json.Unmarshal(ctx.PostBody(), &event)
	if event["type"] == "invoice.paid" {
		extend(event)
	}
}
