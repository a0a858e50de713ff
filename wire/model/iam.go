package model

import (
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/wire"
)

// IAM speaks Query.
func IAM() wire.Model {
	return wire.Model{
		Name: "iam", SigningName: "iam", Shape: "AWSIdentityManagementV20100508",
		Version: "2010-05-08", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Query: true,
		Names: map[string]string{"ListDelegationRequestsOutput.IsTruncated": "isTruncated"},
		Unions: []any{
			&types.PolicyIdentifierMemberInlinePolicyIdentifier{},
			&types.PolicyIdentifierMemberPolicyArn{},
			&types.PolicyIdentifierMemberPolicyType{},
		},
		Errors: map[string]wire.ErrorForm{
			"ConcurrentModification":        status(409),
			"DeleteConflict":                status(409),
			"DuplicateCertificate":          status(409),
			"EntityAlreadyExists":           status(409),
			"EntityTemporarilyUnmodifiable": status(409),
			"InvalidAuthenticationCode":     status(403),
			"LimitExceeded":                 status(409),
			"NoSuchEntity":                  status(404),
			"NotSupportedService":           status(404),
			"PolicyEvaluation":              status(500),
			"ReportExpired":                 status(410),
			"ReportGenerationLimitExceeded": status(409),
			"ReportInProgress":              status(404),
			"ReportNotPresent":              status(410),
			"ServiceFailure":                status(500),
		},
	}
}
