package main
import (
	"github.com/aws/aws-lambda-go/events"
	"github.com/stripe/stripe-go/v76/webhook"
)
func hook(ctx context.Context, in events.APIGatewayV2HTTPRequest) (events.APIGatewayProxyResponse, error) {
	event, err := webhook.ConstructEvent([]byte(in.Body), in.Headers["stripe-signature"], os.Getenv("WHSEC"))
	if err != nil {
		return events.APIGatewayProxyResponse{StatusCode: 400}, nil
	}
	if event.Type == "invoice.paid" {
		extend(event)
	}
	return events.APIGatewayProxyResponse{StatusCode: 200}, nil
}
