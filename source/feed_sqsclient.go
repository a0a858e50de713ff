package source

import (
	"context"
	"errors"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// SQSClient is what a feed needs of SQS.
type SQSClient interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// queueHost is the name of a host of SQS, which tells the Region: its own, its
// older one, and that of an endpoint in a VPC.
var queueHost = regexp.MustCompile(`^(?:.*\.)?sqs(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)|^([a-z0-9-]+)\.queue\.amazonaws\.com`)

// configuredQueue is the client of the usual AWS configuration for a queue, in
// the queue's Region and at the host that its URL names.
func configuredQueue(ctx context.Context, queue string) (SQSClient, error) {
	u, err := url.Parse(queue)
	if err != nil {
		return nil, errors.New("the URL of the queue is none")
	}
	cfg, err := loadConfig(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, noCredentials(err)
	}
	if m := queueHost.FindStringSubmatch(u.Hostname()); m != nil {
		cfg.Region = m[1] + m[2]
	} else if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	return sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		if o.BaseEndpoint == nil {
			host := u.Scheme + "://" + u.Host
			o.BaseEndpoint = &host
		}
	}), nil
}

// brieflyQueue says of an error of SQS what a person needs.
func brieflyQueue(err error) error {
	short := briefly(err)
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return short
	}
	text := answer.ErrorCode() + ": " + answer.ErrorMessage()
	switch answer.ErrorCode() {
	case "AccessDenied", "AccessDeniedException":
		text += "; what is needed is sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on the queue, and kms:Decrypt where a key encrypts it"
	case "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		text += "; look at the URL, its Region and its account"
	}
	return &briefError{text, err}
}

// bucketName tells whether S3 allows a bucket of that name, old names included.
var bucketNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

func bucketName(name string) bool { return bucketNames.MatchString(name) }
