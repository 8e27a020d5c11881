package main
import (
	"encoding/json"
	"github.com/aws/aws-lambda-go/events"
	"github.com/stripe/stripe-go/v76"
)
func hook(ctx context.Context, in events.APIGatewayV2HTTPRequest) (events.APIGatewayProxyResponse, error) {
	var event stripe.Event
	if err := json.Unmarshal([]byte(in.Body), &event); err != nil {
		return events.APIGatewayProxyResponse{StatusCode: 400}, nil
	}
	if event.Type == "invoice.paid" {
		extend(event)
	}
	return events.APIGatewayProxyResponse{StatusCode: 200}, nil
}
