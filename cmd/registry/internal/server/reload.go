package server

import (
	"strings"

	"github.com/instar-registry/instar/internal/config"
)

// reload reads the configuration again and applies what can be applied while
// running. A configuration with a mistake changes nothing.
func (p *process) reload(files *fileWatch) {
	if p.opt.Reload == nil {
		return
	}
	next, err := p.opt.Reload()
	if err != nil {
		p.logger.Error("configuration not reloaded", "err", err)
		return
	}
	reload, restart := config.Changed(&p.config, &next.Config)
	if (p.config.TLS.CertFile == "") != (next.TLS.CertFile == "") {
		restart = append(restart, "tls.cert-file")
		next.TLS = p.config.TLS
	}
	old := p.config
	p.config = *config.Apply(&p.config, &next.Config)
	handler, err := p.newHandler()
	if err != nil {
		p.config = old
		p.logger.Error("configuration not reloaded", "err", err)
		return
	}
	p.front.set(handler)
	p.logging.Set(p.config.Log.Level, p.textLog())
	if p.certs != nil {
		p.certs.use(p.config.TLS)
	}
	files.use(next.Files)
	p.logger.Info("configuration reloaded", "changed", strings.Join(reload, " "))
	if len(restart) > 0 {
		p.logger.Warn("configuration changes need a restart", "keys", strings.Join(restart, " "))
	}
}
