package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"tocsin/core/topic"
)

// Forward delivers a message of a log group's subscription filter, JSON as gzip: it
// invokes the function with that ARN as CloudWatch Logs does, puts the message as a
// record into the Firehose stream with that ARN, or posts it to the URL. Access to AWS is by our
// own credentials. What it is not sure of is an error.
func (r *Receivers) Forward(ctx context.Context, destination string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, topic.DeliveryTimeout)
	defer cancel()
	if to, err := url.Parse(destination); err == nil && (to.Scheme == "http" || to.Scheme == "https") {
		return r.forwardHTTP(ctx, to, data)
	}
	if r.aws == nil {
		return errors.New("no access to AWS is configured, which functions and streams need")
	}
	if function, ok := resource(destination, "lambda"); ok && functionForm.MatchString(function.Resource) {
		return r.forwardLambda(ctx, function, data)
	}
	if stream, ok := resource(destination, "firehose"); ok {
		if name, ok := strings.CutPrefix(stream.Resource, "deliverystream/"); ok {
			return r.aws.forwardFirehose(ctx, stream, name, data)
		}
	}
	return errors.New("the destination is neither the ARN of a function or of a Firehose stream nor a URL")
}

func (r *Receivers) forwardHTTP(ctx context.Context, to *url.URL, data []byte) error {
	headers := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
	if password, ok := to.User.Password(); ok {
		basic := &http.Request{Header: headers}
		basic.SetBasicAuth(to.User.Username(), password)
	}
	answer, err := r.web.post(ctx, to, headers, data, false)
	if err != nil {
		return innermost(err) // without the URL, which may hold a secret
	}
	if answer.status/100 != 2 {
		return fmt.Errorf("HTTP %d", answer.status)
	}
	return nil
}

func (r *Receivers) forwardLambda(ctx context.Context, function topic.ARN, data []byte) error {
	var event struct {
		AWSLogs struct {
			Data []byte `json:"data"` // as base64
		} `json:"awslogs"`
	}
	event.AWSLogs.Data = data
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("write a function's event: %w", err)
	}
	receiver, ok := r.byProtocol[topic.Lambda].(*lambdaReceiver)
	if !ok {
		return errors.New("there is nothing that invokes functions")
	}
	client, err := receiver.clients.in(ctx, function.Region)
	if err != nil {
		return err
	}
	_, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(function.String()), InvocationType: types.InvocationTypeEvent, Payload: payload})
	return err
}

// forwardFirehose calls PutRecord (Amazon Data Firehose API Reference). The answer
// of 200 says that the record is durable.
func (a *AWS) forwardFirehose(ctx context.Context, stream topic.ARN, name string, data []byte) error {
	config, err := a.Config(ctx, stream.Region)
	if err != nil {
		return fmt.Errorf("credentials for AWS: %w", err)
	}
	type record struct{ Data []byte }
	body, err := json.Marshal(struct {
		DeliveryStreamName string
		Record             record
	}{name, record{data}})
	if err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	at := "https://firehose." + stream.Region + "." + domainOf(stream.Partition) + "/"
	if a.FirehoseEndpoint != "" {
		at = a.FirehoseEndpoint
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "Firehose_20150804.PutRecord")
	credentials, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("credentials for AWS: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "firehose", stream.Region, time.Now()); err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	response, err := bounded(config.HTTPClient).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status has been said
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d: %s", response.StatusCode, oneLine(string(text), maxShownEndpoint))
	}
	return nil
}
