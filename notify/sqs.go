package notify

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tocsin/core/topic"
)

// sqsReceiver sends documents to queues. The endpoint is the queue's ARN.
type sqsReceiver struct {
	queues *queues
}

func (s *sqsReceiver) Send(ctx context.Context, n Note) Result {
	m, err := n.Message.Queue(n.Document, n.Subscription.Settings.Raw)
	if err != nil {
		return outcome(topic.Permanent, err.Error())
	}
	return s.queues.send(ctx, n.Subscription.Endpoint, m)
}

// queues sends to queues of any Region.
type queues struct {
	clients  *clients[*sqs.Client]
	endpoint string
}

func newQueues(a AWS) *queues {
	return &queues{endpoint: strings.TrimRight(a.SQSEndpoint, "/"), clients: newClients(a, func(c aws.Config) *sqs.Client {
		return sqs.NewFromConfig(c, func(o *sqs.Options) {
			if a.SQSEndpoint != "" {
				o.BaseEndpoint = aws.String(a.SQSEndpoint)
			}
		})
	})}
}

func (q *queues) send(ctx context.Context, queueARN string, m topic.QueueMessage) Result {
	ctx, cancel := context.WithTimeout(ctx, topic.DeliveryTimeout)
	defer cancel()
	queue, ok := resource(queueARN, "sqs")
	if !ok || !queueForm.MatchString(queue.Resource) {
		return outcome(topic.Permanent, "the endpoint is not the ARN of a queue")
	}
	attributes, err := queueAttributes(m.Attributes)
	if err != nil {
		return outcome(topic.Permanent, err.Error())
	}
	client, err := q.clients.in(ctx, queue.Region)
	if err != nil {
		return unreached(ctx, err)
	}
	in := &sqs.SendMessageInput{QueueUrl: aws.String(q.url(queue)), MessageBody: aws.String(strings.ToValidUTF8(m.Body, "\uFFFD")), MessageAttributes: attributes}
	if m.GroupID != "" {
		in.MessageGroupId = aws.String(m.GroupID)
	}
	out, err := client.SendMessage(ctx, in)
	if err != nil {
		return serviceFailure(ctx, err)
	}
	return Result{Answer: topic.Delivered, Detail: oneLine("MessageId "+aws.ToString(out.MessageId), MaxDetail)}
}

var queueForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,80}(\.fifo)?$`)

// url is the queue's URL. It is derived and not asked for, as sending needs no
// other permission then.
func (q *queues) url(queue topic.ARN) string {
	base := q.endpoint
	if base == "" {
		base = "https://sqs." + queue.Region + "." + domainOf(queue.Partition)
	}
	return base + "/" + queue.Account + "/" + queue.Resource
}

// domainOf is the domain under which a partition's services are.
func domainOf(partition string) string {
	switch partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-iso":
		return "c2s.ic.gov"
	case "aws-iso-b":
		return "sc2s.sgov.gov"
	case "aws-iso-e":
		return "cloud.adc-e.uk"
	case "aws-iso-f":
		return "csp.hci.ic.gov"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// queueAttributes are message attributes as SQS takes them. It knows no
// String.Array; SNS sends the type as it is.
func queueAttributes(attributes map[string]topic.Attribute) (map[string]types.MessageAttributeValue, error) {
	if len(attributes) == 0 {
		return nil, nil
	}
	out := make(map[string]types.MessageAttributeValue, len(attributes))
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		value := types.MessageAttributeValue{DataType: aws.String(a.Type)}
		if strings.HasPrefix(a.Type, "Binary") {
			b, err := base64.StdEncoding.DecodeString(a.Value)
			if err != nil {
				return nil, fmt.Errorf("message attribute %q: the value of a Binary is not base64", name)
			}
			value.BinaryValue = b
		} else {
			value.StringValue = aws.String(a.Value)
		}
		out[name] = value
	}
	return out, nil
}
