"""What a disposal needs of every room that keeps something of copies."""

from __future__ import annotations

from printserver.archive.disposal_holdings import OtherHoldings, RecordHoldings
from printserver.archive.disposal_running import DisposalTools
from printserver.audit.check import check_log
from printserver.audit.findings import LogReport
from printserver.audit.heads import head_verifier
from printserver.audit.witness import Witness
from printserver.bootstrap import Adapters
from printserver.foundation.unit_of_work import Work
from printserver.print_requests.disposing import RequestHoldings
from printserver.returns.disposing import ReturnHoldings
from printserver.signing.published_key import KeyUsage


def disposal_tools(adapters: Adapters) -> DisposalTools:
    holdings = (RecordHoldings(), RequestHoldings(), ReturnHoldings(), OtherHoldings())

    def prove_log(work: Work) -> LogReport:
        heads = adapters.load_key_list().of_usage(KeyUsage.TREE_HEAD)
        verify = head_verifier({key.key_id: key.p256_key() for key in heads})
        return check_log(work, Witness(adapters.settings.witness), verify)

    return DisposalTools(adapters.database, adapters.objects, holdings, adapters.load_key_list, prove_log)
