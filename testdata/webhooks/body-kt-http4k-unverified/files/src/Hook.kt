import org.http4k.core.Request
val app = routes("/stripe" bind POST to { r: Request ->
  val event = Jackson.parse(r.bodyString())
  if (event["type"].asText() == "invoice.paid") extend(event)
  Response(OK)
})
