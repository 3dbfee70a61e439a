"""What a disposal needs of every room that keeps something of copies."""

from __future__ import annotations

from printserver.archive.disposal_holdings import OtherHoldings, RecordHoldings
from printserver.archive.disposal_running import DisposalTools
from printserver.bootstrap import Adapters
from printserver.print_requests.disposing import RequestHoldings
from printserver.returns.disposing import ReturnHoldings


def disposal_tools(adapters: Adapters) -> DisposalTools:
    holdings = (RecordHoldings(), RequestHoldings(), ReturnHoldings(), OtherHoldings())
    return DisposalTools(adapters.database, adapters.objects, holdings, adapters.load_key_list)
