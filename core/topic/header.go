package topic

// Agent is the User-Agent of deliveries.
const Agent = "Amazon Simple Notification Service Agent"

// DefaultContentType is the Content-Type of deliveries without a request policy.
const DefaultContentType = "text/plain; charset=UTF-8"

// A Header is one field of an HTTP request.
type Header struct{ Name, Value string }

// Headers are the fields of the POST that brings the document, or its message
// alone when raw, to an http or https endpoint. contentType is that of the
// delivery policy, which counts for notifications; confirmations are never raw.
// Host, Content-Length and what concerns the connection are the client's.
func (d Document) Headers(subscriptionARN, contentType string, raw bool) []Header {
	headers := []Header{
		{"x-amz-sns-message-type", string(d.Type)},
		{"x-amz-sns-message-id", d.MessageID},
		{"x-amz-sns-topic-arn", d.TopicARN},
	}
	if d.Type != SubscriptionConfirmation {
		headers = append(headers, Header{"x-amz-sns-subscription-arn", subscriptionARN})
	}
	if d.Type != Notification || contentType == "" {
		contentType = DefaultContentType
	}
	if d.Type == Notification && raw {
		headers = append(headers, Header{"x-amz-sns-rawdelivery", "true"})
	}
	return append(headers, Header{"Content-Type", contentType}, Header{"User-Agent", Agent})
}

// Body is the body of the POST: the document, or its message alone when raw.
func (d Document) Body(raw bool) []byte {
	if raw && d.Type == Notification {
		return []byte(d.Message)
	}
	return d.JSON()
}
