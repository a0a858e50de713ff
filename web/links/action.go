package links

import (
	"encoding/xml"
	"net/http"

	"github.com/google/uuid"

	"tocsin/core/topic"
)

const (
	confirmAction     = "ConfirmSubscription"
	unsubscribeAction = "Unsubscribe"
)

const namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

type responseMetadata struct {
	RequestID string `xml:"RequestId"`
}

type confirmResponse struct {
	XMLName  xml.Name         `xml:"ConfirmSubscriptionResponse"`
	Xmlns    string           `xml:"xmlns,attr"`
	ARN      string           `xml:"ConfirmSubscriptionResult>SubscriptionArn"`
	Metadata responseMetadata `xml:"ResponseMetadata"`
}

type unsubscribeResponse struct {
	XMLName  xml.Name         `xml:"UnsubscribeResponse"`
	Xmlns    string           `xml:"xmlns,attr"`
	Metadata responseMetadata `xml:"ResponseMetadata"`
}

type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Xmlns     string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// action serves SNS's links, with SNS's answers.
func (h *Handler) action(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		// A HEAD looks whether there is something, and must not act.
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET follows this link", http.StatusMethodNotAllowed)
		return
	}
	q, id := r.URL.Query(), uuid.NewString()
	metadata := responseMetadata{RequestID: id}
	switch q.Get("Action") {
	case confirmAction:
		s, err := h.roster.Confirm(r.Context(), q.Get("TopicArn"), q.Get("Token"),
			topic.ConfirmCall{AuthenticateOnUnsubscribe: q.Get("AuthenticateOnUnsubscribe")})
		if err != nil {
			h.refuse(w, r, id, err)
			return
		}
		h.answer(w, http.StatusOK, id, confirmResponse{Xmlns: namespace, ARN: s.ARN, Metadata: metadata})
	case unsubscribeAction:
		if err := h.roster.Unsubscribe(r.Context(), q.Get("SubscriptionArn"), false); err != nil {
			h.refuse(w, r, id, err)
			return
		}
		h.answer(w, http.StatusOK, id, unsubscribeResponse{Xmlns: namespace, Metadata: metadata})
	default:
		h.refuse(w, r, id, &topic.InvalidError{
			Code: "InvalidAction", Message: "Only ConfirmSubscription and Unsubscribe may be called by a link.",
		})
	}
}

// statusOf is the HTTP status of an error code; others are 400.
func statusOf(code string) int {
	switch code {
	case "AuthorizationError":
		return http.StatusForbidden
	case "NotFound":
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, id string, err error) {
	refusal := h.refusal(r, err)
	if refusal == nil {
		h.answer(w, http.StatusInternalServerError, id, errorResponse{
			Xmlns: namespace, Type: "Receiver", Code: "InternalError", Message: "An internal error occurred. Try again.", RequestID: id,
		})
		return
	}
	h.answer(w, statusOf(refusal.Code), id, errorResponse{
		Xmlns: namespace, Type: "Sender", Code: refusal.Code, Message: refusal.Message, RequestID: id,
	})
}

func (h *Handler) answer(w http.ResponseWriter, status int, id string, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		h.log.Error("an answer could not be written", "error", err)
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", id)
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
