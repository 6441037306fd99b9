package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
)

var (
	//go:embed setup.html
	setupHTML     string
	setupTemplate = template.Must(template.New("setup").Parse(setupHTML))
)

// setupPage is what the template shows.
type setupPage struct {
	Style              template.CSS
	Ref, Kind, Address string
	// Stated says that the source itself says its address.
	Stated bool
	// Secret is what stands in the steps for the source's secret, "" where nothing does.
	Secret string
	Steps  []dialer.Instruction
}

// getSetup lists what to set in a source's dialer.
func (s *Server) getSetup(c *gin.Context) error {
	src, err := s.source(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("steps").open('[')
	for _, step := range src.reader.Setup(src.address(c.Request)) {
		d.open('{')
		d.name("where").text(step.Where)
		d.name("paste").text(step.Paste)
		d.name("note").textOrNull(step.Note)
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// getSetupPage is getSetup for people.
func (s *Server) getSetupPage(c *gin.Context) error {
	src, err := s.source(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	address := src.address(c.Request)
	page := setupPage{Style: template.CSS(docsCSS), Ref: src.Ref, Kind: src.Kind, Address: address, Stated: src.PublicURL != "", Steps: src.reader.Setup(address)}
	if slices.ContainsFunc(page.Steps, func(step dialer.Instruction) bool { return strings.Contains(step.Paste, dialer.SecretHere) }) {
		page.Secret = dialer.SecretHere
	}
	var body bytes.Buffer
	if err := setupTemplate.Execute(&body, page); err != nil {
		return err
	}
	sendPage(c, http.StatusOK, body.Bytes(), docsPolicy)
	return nil
}
