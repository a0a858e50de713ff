package topic

import (
	"net/url"
	"strings"
)

// A Site is where the links in messages lead, without a slash at the end:
// https://sns.eu-central-1.amazonaws.com, or where else SNS's API is served.
type Site string

// AWSSite is AWS's own site of a Region.
func AWSSite(region string) Site {
	if strings.HasPrefix(region, "cn-") {
		return Site("https://sns." + region + ".amazonaws.com.cn")
	}
	return Site("https://sns." + region + ".amazonaws.com")
}

// Confirm is the link that confirms a subscription or restores a removed one.
// Like SNS's it is not percent-encoded; a token has nothing to encode.
func (s Site) Confirm(topicARN, token string) string {
	return string(s) + "/?Action=ConfirmSubscription&TopicArn=" + topicARN + "&Token=" + token
}

// Unsubscribe is the link that ends a subscription.
func (s Site) Unsubscribe(subscriptionARN string) string {
	return string(s) + "/?Action=Unsubscribe&SubscriptionArn=" + subscriptionARN
}

// ConfirmPage is the link in mails that confirms. The endpoint is encoded, as a
// plus sign in an address would otherwise arrive as a blank.
func (s Site) ConfirmPage(topicARN, token, endpoint string) string {
	return string(s) + "/confirmation.html?TopicArn=" + topicARN + "&Token=" + token + "&Endpoint=" + url.QueryEscape(endpoint)
}

// UnsubscribePage is the link in mails that ends a subscription.
func (s Site) UnsubscribePage(subscriptionARN, endpoint string) string {
	return string(s) + "/unsubscribe.html?SubscriptionArn=" + subscriptionARN + "&Endpoint=" + url.QueryEscape(endpoint)
}

// Certificate is where the certificate is that belongs to the signing key;
// fingerprint is 32 hexadecimal digits that name it.
func (s Site) Certificate(fingerprint string) string {
	return string(s) + "/SimpleNotificationService-" + fingerprint + ".pem"
}
