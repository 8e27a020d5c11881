#[post("/stripe", data = "<event>")]
async fn hook(event: Json<serde_json::Value>) -> Status {
    if event["type"] == "invoice.paid" { pay(&event).await; }
    Status::Ok
}
