package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// postMeasures takes values under names of the caller's own; each says whose it is.
func (s *Server) postMeasures(c *gin.Context) error { return s.post(c, campaign.MeasureForm, nil) }

// getMeasures lists the names under which values were ever posted, as far as the key may
// know of whose they are.
func (s *Server) getMeasures(c *gin.Context) error {
	names, err := s.measures(c.Request.Context(), keyOf(c))
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("measures").open('[')
	for _, name := range names {
		d.open('{').name("name").text(name)
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// decimal writes millionths as a number, without zeros behind.
func (d *document) decimal(micro int64) { d.raw(microText(micro)) }

// microText writes millionths as a decimal number.
func microText(micro int64) string {
	text := campaign.FormatMoney(micro, campaign.DecimalDigits)
	end := len(text)
	for text[end-1] == '0' {
		end--
	}
	if text[end-1] == '.' {
		end--
	}
	return text[:end]
}
