package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"tocsin/audit"
)

// regions are names of Regions, to guess which was meant; others are asked too.
var regions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1",
	"ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1",
	"cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
	"me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
}

func isUsage(err error) bool {
	var usage *usageError
	return errors.As(err, &usage)
}

// ofProfile names the profile, where one was named.
func ofProfile(profile string) string {
	if profile == "" {
		return ""
	}
	return "profile " + profile + ": "
}

func whyNotConfigured(s Streams, profile string, err error) error {
	var none config.SharedConfigProfileNotExistError
	if errors.As(err, &none) {
		return usagef("--profile: the AWS configuration has no profile %s%s", none.Profile, didYouMean(none.Profile, profilesIn(s)))
	}
	return usagef("%sread the AWS configuration: %w", ofProfile(profile), err)
}

// profileHead is the line that begins a profile in a file of the AWS configuration.
var profileHead = regexp.MustCompile(`(?m)^\s*\[\s*(?:profile\s+)?([^\]\s]+)\s*\]`)

// profilesIn are the names of the profiles in the files of the AWS configuration,
// as far as they can be read.
func profilesIn(s Streams) []string {
	var names []string
	for variable, usual := range map[string]string{"AWS_CONFIG_FILE": config.DefaultSharedConfigFilename(), "AWS_SHARED_CREDENTIALS_FILE": config.DefaultSharedCredentialsFilename()} {
		text, err := os.ReadFile(cmp.Or(s.Getenv(variable), usual))
		if err != nil {
			continue // there is nothing to choose from then
		}
		for _, m := range profileHead.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
	}
	return names
}

// whyNoCredentials says what the chain of providers came to, in the words of the
// provider that was tried last where that says anything.
func whyNoCredentials(profile string, err error) error {
	text := firstLineOf(err.Error())
	var answer smithy.APIError
	switch {
	case strings.Contains(text, "SSO session has expired"):
		login := "aws sso login"
		if profile != "" {
			login += " --profile " + profile
		}
		return fmt.Errorf("%syou are not signed in, or not any more: %s", ofProfile(profile), login)
	case errors.As(err, &answer) && strings.Contains(answer.ErrorCode(), "Expired"), strings.Contains(strings.ToLower(text), "token has expired"):
		return fmt.Errorf("%sthe credentials have expired; renew them (aws sso login, or a new session)", ofProfile(profile))
	case strings.Contains(text, "no EC2 IMDS role found"), strings.Contains(text, "ec2imds"):
		return fmt.Errorf("%sthere are no AWS credentials: name a --profile of the AWS configuration, sign in with aws sso login, "+
			"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", ofProfile(profile))
	}
	return fmt.Errorf("%sno AWS credentials: %w", ofProfile(profile), unsent(err))
}

// whyNotAsked says why the first question of all, who is asking, has no answer.
func whyNotAsked(profile, endpoint, region string, err error) error {
	var answer smithy.APIError
	var name *net.DNSError
	at := ofProfile(profile)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &name) && endpoint != "":
		return fmt.Errorf("%s--endpoint-url: there is no host %s", at, name.Name)
	case errors.As(err, &name) && name.IsNotFound && !slices.Contains(regions, region):
		return usagef("%s--region: there is no Region %s, as there is no host %s", at, region, name.Name)
	case errors.As(err, &name):
		return fmt.Errorf("%sAWS cannot be reached: the host %s is not found; is there a network?", at, name.Name)
	case !errors.As(err, &answer):
		where := "AWS"
		if endpoint != "" {
			where = endpoint
		}
		return fmt.Errorf("%s%s cannot be reached: %w", at, where, unsent(err))
	}
	switch code := answer.ErrorCode(); code {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return fmt.Errorf("%sthe credentials have expired (%s); renew them (aws sso login, or a new session)", at, code)
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId":
		return fmt.Errorf("%sAWS does not know the credentials, or the Region %s is not enabled for the account (%s: %s)", at, region, code, answer.ErrorMessage())
	default:
		return fmt.Errorf("%swho is asking is not told: %s: %s", at, code, answer.ErrorMessage())
	}
}

// whyNotEntered says why a role cannot be assumed.
func whyNotEntered(role string, err error) error {
	var answer smithy.APIError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case !errors.As(err, &answer):
		return fmt.Errorf("%s cannot be assumed: %w", role, unsent(err))
	case strings.HasPrefix(answer.ErrorCode(), "AccessDenied"):
		return fmt.Errorf("%s cannot be assumed: it is not there, its trust policy does not let us in, or sts:AssumeRole is not allowed (%s)", role, answer.ErrorCode())
	}
	return fmt.Errorf("%s cannot be assumed: %s: %s", role, answer.ErrorCode(), answer.ErrorMessage())
}

// unsent is what went wrong with a connection, without the names of requests.
func unsent(err error) error {
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		var op *net.OpError
		if errors.As(send.Err, &op) {
			return op
		}
		return send.Err
	}
	return err
}

func firstLineOf(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// passing tells whether the same question might be answered another time: nobody
// answered, too much was asked, or the credentials had run out.
func passing(m audit.Missing) bool {
	if m.Code == m.Message || m.Code == "" {
		return true
	}
	return slices.ContainsFunc([]string{"Expired", "Throttl", "TooManyRequests", "RequestLimit", "SlowDown", "Unavailable", "Internal", "Timeout", "UnrecognizedClient", "InvalidClientToken"},
		func(word string) bool { return strings.Contains(m.Code, word) })
}
