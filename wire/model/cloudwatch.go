package model

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/wire"
)

// CloudWatch speaks CBOR, which the SDKs of today choose, JSON 1.0, and Query,
// which older ones do.
func CloudWatch() wire.Model {
	return wire.Model{
		Name: "cloudwatch", SigningName: "monitoring", Shape: "GraniteServiceVersion20100801",
		Version: "2010-08-01", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		JSON: true, Query: true, CBOR: true,
		Names: map[string]string{
			"DashboardInvalidInputError.DashboardValidationMessages": "dashboardValidationMessages",
			"DashboardInvalidInputError.Message":                     "message",
			"DashboardNotFoundError.Message":                         "message",
			"InvalidFormatFault.Message":                             "message",
			"InvalidNextToken.Message":                               "message",
			"InvalidParameterCombinationException.Message":           "message",
			"InvalidParameterValueException.Message":                 "message",
			"LimitExceededFault.Message":                             "message",
			"MissingRequiredParameterException.Message":              "message",
			"ResourceConflict.Message":                               "message",
			"ResourceNotFound.Message":                               "message",
			"ValidationException.Message":                            "message",
		},
		Unions: []any{
			&types.EvaluationCriteriaMemberPromQLCriteria{},
			&types.EvaluationWindowMemberSlidingWindow{},
			&types.EvaluationWindowMemberWallClockWindow{},
		},
		Errors: map[string]wire.ErrorForm{
			"ConcurrentModificationException":      status(429),
			"ConflictException":                    status(409),
			"DashboardInvalidInputError":           {Status: 400, Code: "InvalidParameterInput"},
			"DashboardNotFoundError":               {Status: 404, Code: "ResourceNotFound"},
			"InternalServiceFault":                 {Status: 500, Code: "InternalServiceError"},
			"InvalidFormatFault":                   {Status: 400, Code: "InvalidFormat"},
			"InvalidParameterCombinationException": {Status: 400, Code: "InvalidParameterCombination"},
			"InvalidParameterValueException":       {Status: 400, Code: "InvalidParameterValue"},
			"LimitExceededFault":                   {Status: 400, Code: "LimitExceeded"},
			"MissingRequiredParameterException":    {Status: 400, Code: "MissingParameter"},
			"ResourceConflict":                     status(409),
			"ResourceNotFound":                     status(404),
			"ResourceNotFoundException":            status(404),
			"ValidationException":                  {Status: 400, Code: "ValidationError"},
		},
	}
}
