package notify

import (
	"context"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"tocsin/core/topic"
)

// lambdaReceiver invokes functions asynchronously with SNS's event. The endpoint
// is the function's ARN, with or without a version or alias.
type lambdaReceiver struct {
	clients *clients[*lambda.Client]
}

func newLambdaReceiver(a AWS) *lambdaReceiver {
	return &lambdaReceiver{clients: newClients(a, func(c aws.Config) *lambda.Client {
		return lambda.NewFromConfig(c, func(o *lambda.Options) {
			if a.LambdaEndpoint != "" {
				o.BaseEndpoint = aws.String(a.LambdaEndpoint)
			}
		})
	})}
}

func (l *lambdaReceiver) Send(ctx context.Context, n Note) Result {
	ctx, cancel := context.WithTimeout(ctx, topic.DeliveryTimeout)
	defer cancel()
	function, ok := resource(n.Subscription.Endpoint, "lambda")
	if !ok || !functionForm.MatchString(function.Resource) {
		return outcome(topic.Permanent, "the endpoint is not the ARN of a function")
	}
	client, err := l.clients.in(ctx, function.Region)
	if err != nil {
		return unreached(ctx, err)
	}
	out, err := client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName:   aws.String(function.String()),
		InvocationType: types.InvocationTypeEvent,
		Payload:        n.Document.Lambda(n.Subscription.ARN),
	})
	if err != nil {
		return serviceFailure(ctx, err)
	}
	return Result{Answer: topic.Delivered, Detail: fmt.Sprintf("HTTP %d", out.StatusCode)}
}

// functionForm is a function's name with a version or alias, or without.
var functionForm = regexp.MustCompile(`^function:[0-9A-Za-z_-]{1,140}(:[0-9A-Za-z$_-]{1,128})?$`)
