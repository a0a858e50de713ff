package topic

import "strings"

// An ARN is an Amazon Resource Name in its parts. Resource keeps further colons.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// ParseARN splits an ARN; false when it has fewer than six parts, does not begin
// with arn, or lacks partition, service or resource.
func ParseARN(text string) (ARN, bool) {
	p := strings.SplitN(text, ":", 6)
	if len(p) < 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return ARN{}, false
	}
	return ARN{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, true
}

// TopicARN is the name of a topic.
func TopicARN(partition, region, account, name string) string {
	return ARN{Partition: partition, Service: "sns", Region: region, Account: account, Resource: name}.String()
}

// SubscriptionARN is the name of a subscription to a topic, given an id that
// was never used before.
func SubscriptionARN(topicARN, id string) string { return topicARN + ":" + id }

// CheckTopicARN checks the TopicArn of a request to the endpoint of region.
// Whether there is such a topic is for the caller to find out.
func CheckTopicARN(text, region string) error {
	if err := checkElements("TopicArn", text); err != nil {
		return err
	}
	a, ok := ParseARN(text)
	if !ok || a.Service != "sns" || a.Region != region || a.Account == "" || strings.Contains(a.Resource, ":") {
		return refuse("TopicArn")
	}
	return nil
}

// CheckSubscriptionARN checks the SubscriptionArn of a request. A topic's ARN,
// which has no subscription id, is refused.
func CheckSubscriptionARN(text string) error {
	if text == "" {
		return refuse("SubscriptionArn Reason: no value for required parameter")
	}
	if err := checkElements("SubscriptionArn", text); err != nil {
		return err
	}
	a, ok := ParseARN(text)
	if _, id, found := strings.Cut(a.Resource, ":"); !ok || a.Service != "sns" || !found || id == "" {
		return refuse("SubscriptionId")
	}
	return nil
}

// TopicOf is the topic part of a subscription's ARN.
func TopicOf(subscriptionARN string) string {
	i := strings.LastIndexByte(subscriptionARN, ':')
	return subscriptionARN[:max(i, 0)]
}

func checkElements(parameter, text string) error {
	if n := strings.Count(text, ":") + 1; n < 6 {
		return refuse("%s Reason: An ARN must have at least 6 elements, not %d", parameter, n)
	}
	return nil
}
